package main

import (
	"fmt"
	"os/exec"
)

// recordDiscover runs the command of that name against the proxy.
func recordDiscover(p *proxy, home, organizations, admin, listen, out string) {
	p.exchanges = nil
	discover := func(name string, folder string, msp string, arguments ...string) {
		p.label(name)
		args := append([]string{"--peerTLSCA", only(home + "/tlsca/*.pem"), "--tlsCert", admin + "/tls/client.crt", "--tlsKey", admin + "/tls/client.key",
			"--userKey", only(folder + "/msp/keystore/*"), "--userCert", only(folder + "/msp/signcerts/*"), "--MSP", msp}, arguments...)
		output, err := exec.Command("discover", append(args, "--server", listen)...).CombinedOutput()
		text := string(output)
		if len(text) > 200 {
			text = text[:200]
		}
		fmt.Println(name, text, err)
	}
	member := home + "/users/User1@org1.example.com"
	discover("peers", member, "Org1MSP", "peers", "--channel", "mychannel")
	discover("peers of the node, to its administrator", admin, "Org1MSP", "peers")
	discover("peers of the node, to a member", member, "Org1MSP", "peers")
	discover("config", member, "Org1MSP", "config", "--channel", "mychannel")
	discover("endorsers", member, "Org1MSP", "endorsers", "--channel", "mychannel", "--chaincode", "notes")
	discover("endorsers of two chaincodes", member, "Org1MSP", "endorsers", "--channel", "mychannel", "--chaincode", "notes", "--chaincode", "records")
	discover("endorsers without private reads", member, "Org1MSP", "endorsers", "--channel", "mychannel", "--chaincode", "notes", "--noPrivateReads", "notes")
	discover("endorsers to a member of another organisation", organizations+"org2.example.com/users/User1@org2.example.com", "Org2MSP", "endorsers", "--channel", "mychannel", "--chaincode", "notes")
	discover("endorsers of an unknown chaincode", member, "Org1MSP", "endorsers", "--channel", "mychannel", "--chaincode", "nochaincode")
	discover("endorsers of an unknown collection", member, "Org1MSP", "endorsers", "--channel", "mychannel", "--chaincode", "notes", "--collection", "notes:nothing")
	discover("config of an unknown channel", member, "Org1MSP", "config", "--channel", "nowhere")
	p.save(out + "/discover.json")
}
